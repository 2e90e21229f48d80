import {postgresql} from "./postgresql"; export const mariadb = postgresql;
