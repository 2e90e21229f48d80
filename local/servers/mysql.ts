import {postgresql} from "./postgresql"; export const mysql = postgresql;
