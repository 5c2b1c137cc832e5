// The people of the demonstration team. Invented.

export interface DemoPerson {
  userId: string;
  name: string;
  pinyin: string;
  departmentId: string;
  position: string;
  online: boolean;
  role: string;
}

/** id, parent, name */
export const DEPARTMENTS: readonly (readonly [string, string, string])[] = [
  ['d-rd', '', '研发中心'],
  ['d-fe', 'd-rd', '前端组'],
  ['d-be', 'd-rd', '后端组'],
  ['d-design', '', '设计部'],
  ['d-product', '', '产品部'],
  ['d-sales', '', '销售部'],
  ['d-east', 'd-sales', '华东大区'],
];

const ROWS: readonly (readonly [string, string, string, string, boolean, string])[] = [
  ['周明轩', 'zhoumingxuan', 'd-rd', '研发负责人', true, 'owner'],
  ['林晓雯', 'linxiaowen', 'd-design', '资深设计师', true, 'admin'],
  ['陈思远', 'chensiyuan', 'd-be', '后端架构师', true, 'member'],
  ['张若曦', 'zhangruoxi', 'd-fe', '前端工程师', true, 'member'],
  ['赵一鸣', 'zhaoyiming', 'd-fe', '前端工程师', false, 'member'],
  ['李承泽', 'lichengze', 'd-product', '产品经理', false, 'member'],
  ['孙佳怡', 'sunjiayi', 'd-product', '产品运营', true, 'member'],
  ['徐浩然', 'xuhaoran', 'd-be', '运维工程师', true, 'member'],
  ['吴诗涵', 'wushihan', 'd-sales', '销售总监', false, 'head'],
  ['梁艺桐', 'liangyitong', 'd-east', '客户经理', true, 'member'],
  ['刘子墨', 'liuzimo', 'd-design', '视觉设计师', false, 'member'],
  ['何知然', 'hezhiran', 'd-be', '数据工程师', false, 'member'],
  ['Emma Clarke', 'emma clarke', 'd-east', 'Partner manager', true, 'guest'],
];

export const PEOPLE: readonly DemoPerson[] = ROWS.map(([name, pinyin, departmentId, position, online, role], index) => ({
  userId: index === 0 ? 'me' : `u${index}`,
  name,
  pinyin,
  departmentId,
  position,
  online,
  role,
}));

export const ME = 'me';

export function person(userId: string): DemoPerson {
  const found = PEOPLE.find((one) => one.userId === userId);
  if (!found) throw new Error(`nobody has the id ${userId}`);
  return found;
}

/** As the backend does: a colour that stays with the person. */
export function colour(userId: string): number {
  return (PEOPLE.findIndex((one) => one.userId === userId) % 8) + 1;
}
